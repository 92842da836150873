import { crc32 } from 'node:zlib';

const blockBytes = 512;

/** Largest piece of a stored deflate block. Source: RFC 1951 section 3.2.4. */
const storedBytesMax = 0xffff;

/** A tar of these files in the order given, the same bytes on every machine. Source: POSIX ustar. */
export function makeTar(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const parts = Object.entries(files).flatMap(([path, content]) => {
    const bytes = Buffer.from(content);
    const padding = (blockBytes - (bytes.length % blockBytes)) % blockBytes;
    return [makeHeader(path, bytes.length), bytes, Buffer.alloc(padding)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}

/**
 * Gzip without compression: unlike zlib's output, which differs between versions and machines, the digest
 * of this never changes, so documents may show it. Source: RFC 1952.
 */
export function storeGzip(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let at = 0; at === 0 || at < bytes.length; at += storedBytesMax) {
    const piece = bytes.subarray(at, at + storedBytesMax);
    const header = Buffer.alloc(5);
    header.writeUInt8(at + piece.length >= bytes.length ? 1 : 0, 0);
    header.writeUInt16LE(piece.length, 1);
    header.writeUInt16LE(piece.length ^ 0xffff, 3);
    parts.push(header, piece);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length >>> 0, 4);
  return Buffer.concat([...parts, trailer]);
}

function makeHeader(path: string, length: number): Uint8Array {
  const header = Buffer.alloc(blockBytes);
  header.write(path, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
