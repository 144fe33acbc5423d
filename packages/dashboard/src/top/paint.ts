/** Colours, if enabled. */

export type Colour = 'red' | 'green' | 'yellow' | 'magenta' | 'dim' | 'bold' | 'inverse';

const CODES: Readonly<Record<Colour, readonly [on: number, off: number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  magenta: [35, 39],
  dim: [2, 22],
  bold: [1, 22],
  inverse: [7, 27],
};

export type Paint = (text: string, colour: Colour | undefined) => string;

/** Colours a text. Only for text already made printable and fitted, since neither step knows escape sequences. */
export function createPaint(colour: boolean): Paint {
  return (text, name) => {
    if (!colour || name === undefined) return text;
    const [on, off] = CODES[name];
    return `\x1b[${on}m${text}\x1b[${off}m`;
  };
}
