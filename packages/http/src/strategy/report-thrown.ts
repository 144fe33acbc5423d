/** Hooks that run where no call can end with what they throw: at the end of a body, or of a call that is over. */

import { report } from '@cutout/core/internal';

export function reportThrown(hook: () => void): void {
  try {
    hook();
  } catch (error) {
    report('[@cutout/http] a hook of a strategy threw', error);
  }
}
