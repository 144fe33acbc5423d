/** `node --import @cutout/undici/register app.js`: the breaker under a program that knows nothing of it. */

import type { HttpPolicy } from '@cutout/http';
import type { UndiciOptions } from './breaker-interceptor.ts';
import { installGlobalDispatcher } from './install-global-dispatcher.ts';
import { optionsFrom } from './register-options.ts';

installGlobalDispatcher((await optionsFrom(process.env)) as UndiciOptions | HttpPolicy);
