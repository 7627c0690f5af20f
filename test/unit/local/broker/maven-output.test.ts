import { expect, it } from 'vitest';
import {
  countMavenLine,
  mavenFailure,
  noMavenProgress,
} from '../../../../services/local/broker/maven-output.ts';

const downloaded = '[INFO] Downloaded from central: https://repository.example/a/b-1.0.jar';

it('counts files and bytes in each unit that Maven writes', () => {
  const lines = [
    '[INFO] Scanning for projects...',
    '[INFO] Downloading from central: https://repository.example/a/b-1.0.jar',
    `${downloaded} (850 B at 1.6 kB/s)`,
    `${downloaded} (8.5 kB at 65 kB/s)`,
    `${downloaded} (7.4 MB at 30 MB/s)`,
    '[INFO] BUILD SUCCESS',
  ];
  expect(lines.reduce(countMavenLine, noMavenProgress)).toEqual({ files: 3, bytes: 7_409_350 });
});

it('quotes what Maven says is wrong, without colours and help links', () => {
  const reason = 'Failed to execute goal on project local-broker: Could not resolve dependencies';
  expect(
    mavenFailure([
      '[INFO] BUILD FAILURE',
      `[\u001b[1;31mERROR\u001b[m] ${reason} -> [Help 1]`,
      '[ERROR] To see the full stack trace, re-run Maven with the -e switch.',
    ]),
  ).toBe(reason);
});

it('quotes the last line when Maven died before it could name an error', () => {
  expect(mavenFailure(['Error: JAVA_HOME is not defined correctly.'])).toBe(
    'Error: JAVA_HOME is not defined correctly.',
  );
  expect(mavenFailure([])).toBe('Maven said nothing');
});
