/** The program: its output and its exit codes. */

import { HELP, parseArguments, type TopArguments, USAGE, UsageError } from './arguments.ts';
import { UnreachableError } from './reach.ts';
import { printable } from './text.ts';
import { top } from './top.ts';

/** @returns the exit code: 0; 1 without a dashboard; 2 for an invalid command line. */
export async function main(args: readonly string[]): Promise<number> {
  let options: TopArguments | 'help';
  try {
    options = parseArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return complain(`${error.message}\n${USAGE}`, 2);
  }
  if (options === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  return show(options);
}

async function show(options: TopArguments): Promise<number> {
  // A reader that stops early (`| head`) is not an error.
  process.stdout.on('error', () => undefined);
  try {
    await top(options, { input: process.stdin, output: process.stdout, env: process.env });
    return 0;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    // The query may contain a secret.
    const { origin, pathname } = options.url;
    return complain(`${printable(origin + pathname)}: ${error.message}`, 1);
  }
}

function complain(message: string, code: number): number {
  process.stderr.write(`cutout-dashboard: ${message}\n`);
  return code;
}
