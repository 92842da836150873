import type { Problem } from '../../findings/finding.ts';
import type { Host } from '../host.ts';
import { writeText } from '../output.ts';
import { printable } from '../printable.ts';
import { writeWarnings } from '../problem-warnings.ts';
import { columnWidths, renderRows } from '../table.ts';
import type { ListedImage } from './listed-image.ts';

/** Prints images while they are found, so that the first is on the screen before the last file is read. */
export interface ImageWriter {
  write(images: readonly ListedImage[]): Promise<void>;
  /** Prints what comes last. `problems` go to standard error here unless the format holds them. */
  end(problems: readonly Problem[]): Promise<void>;
}

export type ImagesFormat = 'table' | 'wide' | 'json' | 'yaml' | 'name';

export type ImageWriterOptions = {
  /** Each reference once, where it stands first, with the number of places: printed when all are known. */
  readonly isUnique?: boolean;
};

export function makeImageWriter(
  host: Host,
  format: ImagesFormat,
  { isUnique = false }: ImageWriterOptions = {},
): ImageWriter {
  switch (format) {
    case 'json':
      return isUnique ? uniqueWriter(jsonWriter(host)) : jsonWriter(host);
    case 'yaml':
      return isUnique ? uniqueWriter(yamlWriter(host)) : yamlWriter(host);
    case 'table':
    case 'wide': {
      const writer = tableWriter(host, format === 'wide');
      return isUnique ? uniqueWriter(writer) : writer;
    }
    case 'name':
      return nameWriter(host);
  }
}

function uniqueWriter(writer: ImageWriter): ImageWriter {
  const first = new Map<string, ListedImage & { places: number }>();
  return {
    async write(images) {
      for (const image of images) {
        const known = first.get(image.reference);
        if (known === undefined) first.set(image.reference, { ...image, places: 1 });
        else known.places += 1;
      }
    },
    async end(problems) {
      await writer.write([...first.values()]);
      await writer.end(problems);
    },
  };
}

/** The same text as `JSON.stringify(…, undefined, 2)` of the whole, without holding the whole. */
function jsonWriter(host: Host): ImageWriter {
  let count = 0;
  return {
    async write(images) {
      const items = images.map((image) => indent(JSON.stringify(image, undefined, 2), '    '));
      if (items.length === 0) return;
      await writeText(host, `${count === 0 ? '{\n  "images": [\n' : ',\n'}${items.join(',\n')}`);
      count += items.length;
    },
    async end(problems) {
      const head = count === 0 ? '{\n  "images": []' : '\n  ]';
      const rest = indent(JSON.stringify(problems, undefined, 2), '  ').trimStart();
      await writeText(host, `${head},\n  "problems": ${rest}\n}\n`);
    },
  };
}

function yamlWriter(host: Host): ImageWriter {
  let count = 0;
  const render = async (value: unknown): Promise<string> =>
    (await import('yaml')).stringify(value, { lineWidth: 0 });
  return {
    async write(images) {
      if (images.length === 0) return;
      const items = indent(await render(images), '  ').trimEnd();
      await writeText(host, `${count === 0 ? 'images:\n' : ''}${items}\n`);
      count += images.length;
    },
    async end(problems) {
      await writeText(host, `${count === 0 ? 'images: []\n' : ''}${await render({ problems })}`);
    },
  };
}

/** Each reference once, as first spelled, one per line: made for `xargs` and `while read`. */
function nameWriter(host: Host): ImageWriter {
  const seen = new Set<string>();
  return {
    async write(images) {
      const fresh = images.map((image) => image.reference).filter((name) => !seen.has(name));
      for (const name of fresh) seen.add(name);
      await writeText(host, [...new Set(fresh)].map((name) => `${name}\n`).join(''));
    },
    end: async (problems) => writeWarnings(host, problems),
  };
}

/** Rows drawn at once: columns line up within a block, and keep their widths in the next. */
const rowsPerBlock = 1000;

const tableHeader = ['REFERENCE', 'FILE:LINE', 'OBJECT', 'FORM'];
const wideHeader = [...tableHeader, 'CONFIDENCE', 'DOCUMENT', 'POINTER'];

function tableWriter(host: Host, isWide: boolean): ImageWriter {
  const header = isWide ? wideHeader : tableHeader;
  let rows: string[][] = [header];
  let widths: readonly number[] = [];
  const flush = async (): Promise<void> => {
    widths = columnWidths(rows, widths);
    await writeText(host, renderRows(rows, widths));
    rows = [];
  };
  return {
    async write(images) {
      rows.push(...images.map(isWide ? wideRow : tableRow));
      if (rows.length >= rowsPerBlock) await flush();
    },
    async end(problems) {
      if (rows[0] !== header || rows.length > 1) await flush();
      writeWarnings(host, problems);
    },
  };
}

function tableRow(image: ListedImage): string[] {
  const sure = image.confidence === 'certain' ? '' : `, ${image.confidence}`;
  return [shortened(image.reference), placeOf(image), objectOf(image), image.form + sure].map(printable);
}

function wideRow(image: ListedImage): string[] {
  const { reference, form, confidence, document, pointer } = image;
  const cells = [reference, placeOf(image), objectOf(image), form, confidence, String(document), pointer];
  return cells.map(printable);
}

/** Digests make every row three times as long; twelve digits tell them apart, as docker shows them. */
function shortened(reference: string): string {
  return reference.replace(/(@sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '$1…');
}

function placeOf({ file, line, places }: ListedImage): string {
  return `${file}:${line}${places === undefined || places === 1 ? '' : ` and ${places - 1} more`}`;
}

function objectOf({ object }: ListedImage): string {
  if (object === null) return '-';
  return object.name === null ? object.kind : `${object.kind}/${object.name}`;
}

function indent(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}
