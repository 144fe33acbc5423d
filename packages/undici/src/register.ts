/** `node --import @cutout/undici/register app.js`: the breaker under a program that knows nothing of it. */

import { isMainThread } from 'node:worker_threads';
import type { HttpPolicy } from '@cutout/http';
import type { UndiciOptions } from './breaker-interceptor.ts';
import { installGlobalDispatcher } from './install-global-dispatcher.ts';
import { optionsFrom } from './register-options.ts';

installGlobalDispatcher((await optionsFrom(process.env)) as UndiciOptions | HttpPolicy);

if (isMainThread && process.env['CUTOUT_QUIET'] !== '1') {
  process.stderr.write(
    '[@cutout/undici] fetch and the global dispatcher are guarded; clients of node:http and of a dispatcher of their own are not. CUTOUT_QUIET=1 hides this line\n',
  );
}
