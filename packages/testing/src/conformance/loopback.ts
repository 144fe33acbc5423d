/** Runs the server of a scenario in this process. */

import { NeverAcceptingServer } from '../never-accepting-server.ts';
import { ScriptedServer, type ScriptedServerOptions } from '../scripted-server.ts';
import { answer } from '../step.ts';
import type { StartWire } from './play.ts';
import { withoutDescriptors } from './shortage.ts';

/** @param options Options of the server. */
export function loopback(options: ScriptedServerOptions = {}): StartWire {
  return async listens => {
    const server = await ScriptedServer.start(answer(200), 0, options);
    const silent = listens === 'never accepts' ? await NeverAcceptingServer.start() : undefined;
    const shortage = listens === 'no descriptors' ? withoutDescriptors() : undefined;
    return {
      target: silent?.origin ?? server.origin,
      always: step => server.always(step),
      next: (...steps) => server.next(...steps),
      refuse: () => server.close(),
      seen: () => ({ requests: server.requests.length, busySockets: server.busySockets }),
      close: async () => {
        shortage?.[Symbol.dispose]();
        await silent?.close();
        await server.close();
      },
    };
  };
}
