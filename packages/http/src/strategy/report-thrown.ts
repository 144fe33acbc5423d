/** Hooks that run where no call can end with what they throw: at the end of a body, or of a call that is over. */

import { report } from '@cutout/core/internal';
import { requireSync } from '../outcome/sync-hook.ts';

export function reportThrown(hook: () => unknown): void {
  try {
    // A promise here would have no reader.
    requireSync('a hook of a strategy', hook());
  } catch (error) {
    report('[@cutout/http] a hook of a strategy threw', error);
  }
}
