/** Calls at a steady rate, whether or not those before have ended. */

export interface Load {
  readonly perSecond: number;
  readonly calls: number;
}

/**
 * How long each call took, in milliseconds, from when it was due: one that is sent late because those before have kept the process
 * busy has been waited for as well ("coordinated omission", Gil Tene).
 */
export async function openLoop(send: () => Promise<unknown>, { perSecond, calls }: Load): Promise<readonly number[]> {
  const from = performance.now();
  const ended: Promise<number>[] = [];
  const one = async (dueAt: number): Promise<number> => {
    await send();
    return performance.now() - dueAt;
  };
  for (let i = 0; i < calls; i++) {
    const dueAt = from + (1_000 * i) / perSecond;
    await until(dueAt);
    ended.push(one(dueAt));
  }
  return Promise.all(ended);
}

async function until(at: number): Promise<void> {
  const ms = at - performance.now();
  // A timer may end a little early, and a call that is sent before it is due would look fast.
  if (ms > 0) await new Promise<void>(resolve => setTimeout(resolve, Math.ceil(ms)));
}
