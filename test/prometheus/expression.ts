/** The selectors of a PromQL expression: metrics and their labels. */

interface Selector {
  readonly metric: string;
  /** With the compared values, if literal. */
  readonly matchers: readonly { readonly label: string; readonly values: readonly string[] }[];
}

export interface Queried {
  readonly selectors: readonly Selector[];
  /** The labels of `by`, `without` and `label_values`. */
  readonly groupedBy: readonly string[];
}

const GROUP = /\b(?:by|without)\s*\(([^)]*)\)/g;
const LISTED = /^label_values\((.*),\s*(\w+)\)$/;

export function queriedBy(expression: string): Queried {
  // Labels look like metrics, so names in a list of labels are excluded.
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
