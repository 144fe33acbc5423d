/** What an expression of PromQL asks for: metrics, and the labels that it names of them. */

interface Selector {
  readonly metric: string;
  /** With the values that are compared with, where they are written out. */
  readonly matchers: readonly { readonly label: string; readonly values: readonly string[] }[];
}

export interface Asked {
  readonly selectors: readonly Selector[];
  /** Of `by`, `without` and `label_values`. */
  readonly groupedBy: readonly string[];
}

const GROUP = /\b(?:by|without)\s*\(([^)]*)\)/g;
const LISTED = /^label_values\((.*),\s*(\w+)\)$/;

export function askedBy(expression: string): Asked {
  // Labels are called like metrics: what stands in a list of labels is none.
  const withoutLabels = expression.replaceAll(GROUP, '').replace(LISTED, '$1');
  const selectors = [...withoutLabels.matchAll(/\b(cutout_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, metric = '', inside = '']) => ({
      metric,
      matchers: [...inside.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', sign, text = '']) => ({
        label,
        values: text.startsWith('$') || sign === '!=' || sign === '!~' ? [] : text.split('|'),
      })),
    }),
  );
  const groups = [...expression.matchAll(GROUP)].flatMap(([, list = '']) => list.split(','));
  const listed = LISTED.exec(expression)?.slice(2) ?? [];
  return { selectors, groupedBy: [...groups.map(label => label.trim()), ...listed] };
}
