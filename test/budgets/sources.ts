/** The sources of a package, parsed: what each file imports, and how long its functions are. */

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type ESTree, parseSync, Visitor } from 'rolldown/utils';

const ROOT = join(import.meta.dirname, '../..');

/** An import of, or an export from, a file of the same package. */
interface Import {
  readonly file: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
}

export interface SourceFunction {
  readonly name: string;
  readonly file: string;
  /** The first line of its text, counted from 1. */
  readonly line: number;
  readonly lines: number;
}

export interface SourceFile {
  /** Relative to the root, as all paths here. */
  readonly file: string;
  readonly imports: readonly Import[];
  readonly functions: readonly SourceFunction[];
}

export const packageNames = (): string[] =>
  globSync('packages/*/package.json', { cwd: ROOT })
    .map(file => file.split('/')[1] as string)
    .sort();

/** Without tests. */
export function sourcesOf(name: string): SourceFile[] {
  return globSync(`packages/${name}/src/**/*.ts`, { cwd: ROOT })
    .filter(file => !/\.test(-d)?\.ts$/.test(file))
    .sort()
    .map(read);
}

function read(file: string): SourceFile {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const { program, module, errors } = parseSync(file, text, { lang: 'ts' });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]?.message}`);
  const imports = [
    ...module.staticImports.map(({ moduleRequest, entries }) => ({
      from: moduleRequest.value,
      // `import './x.ts'` names nothing, and runs it.
      typeOnly: entries.length > 0 && entries.every(entry => entry.isType),
    })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.map(({ moduleRequest, isType }) => ({ from: moduleRequest?.value ?? '', typeOnly: isType })),
    ),
  ];
  return {
    file,
    imports: imports
      .filter(({ from }) => from.startsWith('.'))
      .map(({ from, typeOnly }) => ({ file: relative(ROOT, join(ROOT, dirname(file), from)), typeOnly })),
    functions: functionsOf(program, text, file),
  };
}

/** Each by itself, and also as a part of the function around it. */
function functionsOf(program: ESTree.Program, text: string, file: string): SourceFunction[] {
  const starts = lineStarts(text);
  const functions: SourceFunction[] = [];
  const names = new Map<ESTree.Node, string>();
  const named = (name: ESTree.Node | null, value: ESTree.Node | null): void => {
    if (name && value) names.set(value, text.slice(name.start, name.end));
  };
  const seen = (node: ESTree.Function | ESTree.ArrowFunctionExpression): void => {
    // An overload or an abstract method has no body.
    if (!node.body) return;
    const line = lineAt(starts, node.start);
    const name = names.get(node) ?? node.id?.name ?? 'anonymous';
    functions.push({ name, file, line, lines: lineAt(starts, node.end) - line + 1 });
  };
  new Visitor({
    MethodDefinition: ({ key, value }) => named(key, value),
    PropertyDefinition: ({ key, value }) => named(key, value),
    Property: ({ key, value }) => named(key, value),
    VariableDeclarator: ({ id, init }) => named(id, init),
    FunctionDeclaration: seen,
    FunctionExpression: seen,
    ArrowFunctionExpression: seen,
  }).visit(program);
  return functions;
}

function lineStarts(text: string): number[] {
  return [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
}

const lineAt = (starts: readonly number[], offset: number): number =>
  starts.findLastIndex(start => start <= offset) + 1;
