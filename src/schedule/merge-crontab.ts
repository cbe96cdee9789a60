// The block of a schedule in a crontab, between two marker lines, so that a later one takes its place.
import { KmsError } from '../errors.js';

/** Returns the lines of a block with its markers. @param prefix tells the blocks of several stores apart. */
export function blockOf(prefix: string, lines: readonly string[]): readonly string[] {
  return [beginOf(prefix), ...lines, endOf(prefix)];
}

/**
 * Returns the text of a crontab with the block in the place of an earlier one of its prefix, else at its end.
 *
 * @throws KmsError InvalidArgument if an earlier block has lost one of its markers.
 */
export function mergeCrontab(text: string, prefix: string, block: readonly string[]): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  const merged: string[] = [];
  let isInside = false;
  let isPlaced = false;
  for (const [index, line] of lines.entries()) {
    const isBegin = line === beginOf(prefix);
    const isEnd = line === endOf(prefix);
    if ((isBegin && isInside) || (isEnd && !isInside)) throw halfABlock(index + 1);
    if (isBegin && !isPlaced) merged.push(...block);
    if (!isInside && !isBegin) merged.push(line);
    isPlaced ||= isBegin;
    isInside = isBegin || (isInside && !isEnd);
  }
  if (isInside) throw halfABlock(lines.length);
  return `${[...merged, ...(isPlaced ? [] : block)].join('\n')}\n`;
}

/** Returns the lines of the earlier blocks of a prefix. */
export function blocksIn(text: string, prefix: string): string {
  let isInside = false;
  const lines = text.split('\n').filter((line) => {
    isInside = line === beginOf(prefix) || (isInside && line !== endOf(prefix));
    return isInside;
  });
  return lines.join('\n');
}

/** Returns the numbers of lines outside of any block that run kms, from 1. */
export function unmarkedLines(text: string): readonly number[] {
  let isInside = false;
  return text.split('\n').flatMap((line, index) => {
    if (line.startsWith(BEGIN)) isInside = true;
    const found = !isInside && /^[^#]*\bkms\b.*\b(?:rotate due|warnings)\b/.test(line);
    if (line.startsWith(END)) isInside = false;
    return found ? [index + 1] : [];
  });
}

const BEGIN = '# BEGIN kms schedule ';
const END = '# END kms schedule ';

function beginOf(prefix: string): string {
  return `${BEGIN}${prefix}`;
}

function endOf(prefix: string): string {
  return `${END}${prefix}`;
}

function halfABlock(line: number): KmsError {
  return new KmsError('InvalidArgument', `line ${line}: half a block of kms in the crontab`, {
    hint: 'take the rest of the block out by hand: the lines between # BEGIN kms and # END kms',
  });
}
