/** got over a `request` function that hands out a response at once. */

import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { breakerHooks } from '@cutout/got';
import got, { type Got } from 'got';
import { BODY, down, HEADERS, type Stubbed, type StubbedOptions, URL_TEXT } from './stubbed.ts';

/** As much of an `IncomingMessage` as got reads. */
class StubResponse extends Readable {
  readonly statusCode = 200;
  readonly headers = HEADERS;
  readonly complete = true;

  override _read(): void {
    this.push(BODY);
    this.push(null);
  }
}

export function stubbedGot(options: StubbedOptions): Stubbed {
  const request = () => new StubResponse() as unknown as IncomingMessage;
  const bare = got.extend({ request });
  const hooks = breakerHooks(options);
  const guarded = bare.extend(hooks);
  const failing = got.extend({
    request: () => {
      throw down();
    },
    retry: { limit: 0 },
  });
  const by = (client: Got) => () => client(URL_TEXT).json();
  return { bare: by(bare), guarded: by(guarded), failing: by(failing), policy: hooks.policy };
}
