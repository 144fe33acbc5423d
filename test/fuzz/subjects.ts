/** Every adapter that the fuzz drives. */

import { axiosSubject } from './clients/axios.ts';
import { fetchSubject } from './clients/fetch.ts';
import { gotSubject } from './clients/got.ts';
import type { Subject } from './clients/subject.ts';
import { undiciSubject } from './clients/undici.ts';

export const SUBJECTS: readonly Subject[] = [fetchSubject, axiosSubject, gotSubject, undiciSubject];
