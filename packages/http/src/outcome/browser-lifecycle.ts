/** In a browser: errors that are the page's own doing. */

interface PageGlobal {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: unknown;
  addEventListener?(type: string, listener: () => void): void;
}

const page = globalThis as unknown as PageGlobal;
let leaving = false;

// Leaving a page ends its requests with the same error as a dead host. A page from the back-forward cache comes back.
if (page.document) {
  page.addEventListener?.('pagehide', () => {
    leaving = true;
  });
  page.addEventListener?.('pageshow', () => {
    leaving = false;
  });
}

/** Whether the page is being left, or the device is offline: then no error is evidence about a host. */
export function isCutOff(): boolean {
  return leaving || page.navigator?.onLine === false;
}
