/** The core by itself: `execute`, `wrap`, and the bulkhead's `execute`. */

import { BreakerRegistry, Bulkhead, type CircuitBreaker } from '@cutout/core';
import { BREAKER, BULKHEAD, EXECUTE } from '../entries/core.ts';
import { except, hook } from '../entry.ts';
import { type Client, NOTHING, type Shape, type Subject } from './subject.ts';

const NEVER = 'never settles';
const CALL = 'the call';

export const coreSubject: Subject = {
  name: 'core',
  options: BREAKER,
  own: BULKHEAD,
  // The core has no time limit: a call that never settles is its caller's.
  client: {
    ...EXECUTE,
    [CALL]: except(
      hook(() => 'good'),
      NEVER,
    ),
  },
  apis: ['execute', 'execute without options', 'wrap', 'bulkhead'],
  bodies: ['none'],
  outOfReach: ['fallback', 'classify'],
  ownFaults: [],
  refuses: [],
  bare: () => ({ policy: undefined, send: async () => NOTHING, close: () => undefined }),
  build(options, own) {
    const registry = new BreakerRegistry({ breaker: options });
    const breaker = registry.get('fuzz');
    const bulkhead = new Bulkhead({ maxConcurrent: 2, ...own });
    return {
      policy: undefined,
      held: () => ({ permits: breaker.metrics().inFlight, places: bulkhead.inFlight + bulkhead.queued }),
      send: sending(breaker, bulkhead),
      close: () => undefined,
    };
  },
};

function sending(breaker: CircuitBreaker, bulkhead: Bulkhead): Client['send'] {
  return async ({ api, signal, client }: Shape) => {
    const { [CALL]: given, ...rest } = client;
    const call = (given ?? (() => 'good')) as () => unknown;
    const options = { ...rest, ...(signal ? { signal } : {}) } as never;
    if (api === 'execute') await breaker.execute(call, options);
    else if (api === 'execute without options') await breaker.execute(call);
    else if (api === 'wrap') await breaker.wrap(call)();
    else await bulkhead.execute(call, signal ? ({ signal } as never) : undefined);
    return NOTHING;
  };
}
