/** Makes calls at a steady rate, whether or not earlier ones have ended. */

export interface Load {
  readonly perSecond: number;
  readonly calls: number;
}

/**
 * The duration of each call in milliseconds, from when it was due: a call sent late because the process was busy has waited too
 * ("coordinated omission", Gil Tene).
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
  // A timer may fire slightly early, and a call sent before it is due would look fast.
  if (ms > 0) await new Promise<void>(resolve => setTimeout(resolve, Math.ceil(ms)));
}
