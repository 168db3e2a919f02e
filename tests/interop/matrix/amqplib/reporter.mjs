// Tells each test in the matrix's words; what else the tests print goes through.

function detail(error) {
  const cause = error?.cause ?? error;
  return String(cause?.message ?? cause).split(/\s+/).join(' ').slice(0, 300);
}

export default async function* reporter(source) {
  for await (const { type, data } of source) {
    const isBehaviour = /^[a-z]+(_[a-z0-9]+)+$/.test(data?.name ?? '');
    if (type === 'test:pass' && isBehaviour) {
      yield data.skip === undefined
        ? `behaviour passed ${data.name}\n`
        : `behaviour skipped ${data.name}: ${data.skip}\n`;
    } else if (type === 'test:fail') {
      yield isBehaviour
        ? `behaviour failed ${data.name}: ${detail(data.details.error)}\n${data.details.error?.cause?.stack ?? ''}\n`
        : `${data.name} failed: ${detail(data.details.error)}\n`;
    } else if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
    }
  }
}
