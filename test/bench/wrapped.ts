/** Wraps the prose of a generated page, so that no line outside a table is longer than 120 characters. */

const WIDTH = 120;
/** A span of code stays on one line. */
const WORDS = /(?:`[^`]*`|\S)+/g;

export function wrapped(markdown: string): string {
  return markdown.split('\n\n').map(block).join('\n\n');
}

function block(text: string): string {
  if (/^([|#]|!\[)/.test(text)) return text;
  return text
    .split(/\n(?=- )|\n(?!.)/)
    .map(each => paragraph(each))
    .join('\n');
}

function paragraph(text: string): string {
  const indent = text.startsWith('- ') ? '  ' : '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(WORDS) ?? []) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
