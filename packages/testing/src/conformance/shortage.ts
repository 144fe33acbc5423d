/** A process that has no file descriptor left for a connection. */

import { Socket } from 'node:net';

/**
 * From now on each connection of this process fails as the system has it then. Ends with the disposal.
 *
 * The sockets themselves are Node's: what a client does about the error is its own.
 */
export function withoutDescriptors(): Disposable {
  const { connect } = Socket.prototype;
  Socket.prototype.connect = function (this: Socket) {
    const error = Object.assign(new Error('connect EMFILE'), { code: 'EMFILE', errno: -24, syscall: 'connect' });
    process.nextTick(() => this.destroy(error));
    return this;
  };
  return {
    [Symbol.dispose]: () => {
      Socket.prototype.connect = connect;
    },
  };
}
