/** `# holdfast: ignore`, with anything behind it as the reason. */
const ignoreComment = /#\s*holdfast:\s*ignore\b/;

/**
 * The lines (1-based) whose fields a comment excludes: the comment's own line, or where it stands alone the
 * next line that is no comment. Undefined where the text has no such comment.
 */
export function findIgnoredLines(text: string): ReadonlySet<number> | undefined {
  if (!text.includes('holdfast:')) return undefined;
  const ignored = new Set<number>();
  let isPending = false;
  for (const [index, line] of text.split('\n').entries()) {
    const isComment = /^\s*#/.test(line);
    const saysIgnore = ignoreComment.test(line);
    if (isComment) isPending ||= saysIgnore;
    else if (isPending || saysIgnore) {
      ignored.add(index + 1);
      isPending = false;
    }
  }
  return ignored;
}
