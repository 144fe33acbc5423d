/** Numbers in words, to three digits. */

export function percent(share: number): string {
  return `${round(share * 100)} %`;
}

export function round(value: number): number {
  return Number(value.toPrecision(3));
}
