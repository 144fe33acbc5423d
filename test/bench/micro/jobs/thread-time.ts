/** Processor time of this thread: of what never waits, its duration, whatever else the machine does. */

/** Milliseconds, of user and system together. */
export function threadMs(): number {
  // Linux brings the thread's account up to date only at ticks, some milliseconds apart, or when the process' is read.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
