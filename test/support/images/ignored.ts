/**
 * Whether Docker leaves `path`, relative to the build context, out of it: a pattern matches a path
 * and all below it, the last pattern that matches decides, and `!` takes a path back in.
 */
export function readIgnoreFile(text: string): (path: string) => boolean {
  const patterns = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isException: line.startsWith('!'), expression: asExpression(line) }));
  return (path) => {
    const parts = path.split('/');
    const prefixes = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    const deciding = patterns.findLast(({ expression }) =>
      prefixes.some((prefix) => expression.test(prefix)),
    );
    return deciding !== undefined && !deciding.isException;
  };
}

function asExpression(line: string): RegExp {
  const source = line
    .replace(/^!/, '')
    .replace(/^\/|\/$/g, '')
    .split('/')
    .map((part) => (part === '**' ? '**' : part.replace(/[.+^${}()|[\]\\]/g, '\\$&')))
    .map((part) => (part === '**' ? part : part.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')))
    .join('/')
    .replaceAll('**/', '(?:.*/)?')
    .replaceAll('**', '.*');
  return new RegExp(`^${source}$`);
}
