/** Of a message, RFC 1035 section 4.1.1. */
const headerBytes = 12;

const addressRecord = 1;
const noSuchName = 3;

/** Answers the one question of a DNS message from a table of IPv4 addresses; undefined where it is no question. */
export function answerNames(question: Buffer, names: Readonly<Record<string, string>>): Buffer | undefined {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = question[at] ?? 0; length > 0 && length < 64; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (labels.length === 0 || question.length < end) return undefined;
  const address = names[labels.join('.').toLowerCase()];
  const isAddress = question.readUInt16BE(at + 1) === addressRecord;
  const head = Buffer.alloc(headerBytes);
  question.copy(head, 0, 0, 2);
  // An answer, from who knows, to who asked for more than we do.
  head.writeUInt16BE(0x8580 | (address === undefined ? noSuchName : 0), 2);
  head.writeUInt16BE(1, 4);
  if (address === undefined || !isAddress) return Buffer.concat([head, question.subarray(headerBytes, end)]);
  head.writeUInt16BE(1, 6);
  // The name again, by its place in the message; type A, class IN, kept a second, four bytes.
  const record = Buffer.from([0xc0, headerBytes, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
  const bytes = Buffer.from(address.split('.').map(Number));
  return Buffer.concat([head, question.subarray(headerBytes, end), record, bytes]);
}
