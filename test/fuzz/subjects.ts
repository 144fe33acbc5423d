/** The subjects of the fuzz: every adapter, and the core. */

import { axiosSubject } from './clients/axios.ts';
import { coreSubject } from './clients/core.ts';
import { fetchSubject } from './clients/fetch.ts';
import { gotSubject } from './clients/got.ts';
import type { Subject } from './clients/subject.ts';
import { undiciSubject } from './clients/undici.ts';

export const SUBJECTS: readonly Subject[] = [coreSubject, fetchSubject, axiosSubject, gotSubject, undiciSubject];
