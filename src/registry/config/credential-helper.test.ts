import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fixedClock } from '../../clock.ts';
import type { Credential } from '../credential.ts';
import { type CredentialHelpers, makeCredentialHelpers } from './credential-helper.ts';
import { RegistryConfigurationError } from './errors.ts';

const onPosix = { skip: process.platform === 'win32' ? 'helpers here are shell scripts' : false };

describe('a credential helper', onPosix, () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-helper-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Puts a helper on PATH that is this shell script. */
  async function install(name: string, script: string): Promise<void> {
    const path = join(folder, `docker-credential-${name}`);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  }

  function makeHelpers(clock = fixedClock(0)): CredentialHelpers {
    return makeCredentialHelpers(
      { PATH: `${folder}${delimiter}${process.env['PATH']}`, FOLDER: folder },
      clock,
    );
  }

  const json = (username: string, secret: string): string =>
    `echo '${JSON.stringify({ ServerURL: 's', Username: username, Secret: secret })}'`;

  async function credentialFrom(helpers: CredentialHelpers, helper: string): Promise<Credential | undefined> {
    const answer = await helpers.ask(helper, 'r.example');
    return answer.kind === 'credential' ? answer.credential : undefined;
  }

  it('is told the host on its input, and answers with user and secret', async () => {
    await install('echo', 'server=$(cat); echo "{\\"Username\\":\\"$1\\",\\"Secret\\":\\"$server\\"}"');
    assert.deepEqual(await credentialFrom(makeHelpers(), 'echo'), {
      kind: 'basic',
      username: 'get',
      password: 'r.example',
    });
  });

  it('is told Docker Hub by the address that Docker uses', async () => {
    await install('hub', 'server=$(cat); echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$server\\"}"');
    const answer = await makeHelpers().ask('hub', 'docker.io');
    assert.deepEqual(answer.kind === 'credential' && answer.credential, {
      kind: 'basic',
      username: 'u',
      password: 'https://index.docker.io/v1/',
    });
  });

  it('gives an identity token under the user <token>', async () => {
    await install('token', json('<token>', 'refresh'));
    assert.deepEqual(await credentialFrom(makeHelpers(), 'token'), {
      kind: 'identity-token',
      token: 'refresh',
    });
  });

  it('may not read its input', async () => {
    await install('deaf', `exec <&-; ${json('u', 'p')}`);
    assert.deepEqual(await credentialFrom(makeHelpers(), 'deaf'), {
      kind: 'basic',
      username: 'u',
      password: 'p',
    });
  });

  const answers: readonly { name: string; script: string; expected: 'none' | 'absent' }[] = [
    {
      name: 'knows nothing where it says that there are no credentials',
      script: 'echo "credentials not found in native keychain"; exit 1',
      expected: 'none',
    },
    { name: 'knows nothing where its secret is empty', script: json('', ''), expected: 'none' },
  ];
  for (const { name, script, expected } of answers) {
    it(name, async () => {
      await install('answer', script);
      assert.equal((await makeHelpers().ask('answer', 'r.example')).kind, expected);
    });
  }

  it('may be absent', async () => {
    assert.deepEqual(await makeHelpers().ask('nowhere', 'r.example'), { kind: 'absent' });
  });

  const failures: readonly { name: string; script: string; message: RegExp }[] = [
    {
      name: 'ends with an error',
      script: 'echo hunter2; echo hunter2 >&2; exit 3',
      message: /exit status 3/,
    },
    { name: 'answers without JSON', script: 'echo hunter2', message: /did not answer with JSON/ },
    {
      name: 'answers with half of its JSON',
      script: `echo '{"Secret":"hunter2'`,
      message: /did not answer with JSON/,
    },
    { name: 'answers with a list', script: `echo '["hunter2"]'`, message: /without Username and Secret/ },
    {
      name: 'answers with a number',
      script: `echo '{"Username":"u","Secret":2,"x":"hunter2"}'`,
      message: /without Username and Secret/,
    },
    {
      name: 'writes without end',
      script: 'while :; do echo hunter2hunter2hunter2hunter2hunter2hunter2hunter2; done',
      message: /wrote more than \d+ bytes/,
    },
  ];
  for (const { name, script, message } of failures) {
    it(`fails without a word of its output where it ${name}`, async () => {
      await install('broken', script);
      await assert.rejects(
        () => makeHelpers().ask('broken', 'r.example'),
        (error) =>
          error instanceof RegistryConfigurationError &&
          error.code === 'CREDENTIAL_HELPER_FAILED' &&
          message.test(error.message) &&
          error.message.includes('docker-credential-broken') &&
          !`${error.message} ${error.hint} ${error.stack}`.includes('hunter2'),
      );
    });
  }

  it('that does not end is ended', async () => {
    await install('stuck', 'exec sleep 600');
    const helpers = makeCredentialHelpers(
      { PATH: `${folder}${delimiter}${process.env['PATH']}` },
      fixedClock(0),
      20,
    );
    await assert.rejects(
      () => helpers.ask('stuck', 'r.example'),
      /docker-credential-stuck did not end within 20 ms, asked for r\.example/,
    );
  });

  it('that cannot be started fails with the reason', async () => {
    const path = join(folder, 'docker-credential-plain');
    await writeFile(path, 'no program');
    await chmod(path, 0o644);
    const helpers = makeCredentialHelpers({ PATH: folder }, fixedClock(0));
    await assert.rejects(() => helpers.ask('plain', 'r.example'), /could not be run: EACCES/);
  });

  /** A helper that counts its runs, and gives the count as its secret. */
  async function installCounter(name: string): Promise<void> {
    const script = `count=$FOLDER/${name}.count; echo x >> $count; echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$(grep -c x $count)\\"}"`;
    await install(name, script);
  }

  it('is run once for many who ask at once', async () => {
    await installCounter('once');
    const helpers = makeHelpers();
    await Promise.all(Array.from({ length: 8 }, () => helpers.ask('once', 'r.example')));
    assert.equal(await readFile(join(folder, 'once.count'), 'utf8'), 'x\n');
  });

  it('is run again once its answer is old', async () => {
    await installCounter('old');
    const clock = fixedClock(0);
    const helpers = makeHelpers(clock);
    await helpers.ask('old', 'r.example');
    clock.advance(5 * 60_000);
    assert.deepEqual(await credentialFrom(helpers, 'old'), { kind: 'basic', username: 'u', password: '2' });
  });

  it('is run again where its answer was refused, and only then', async () => {
    await installCounter('refused');
    const helpers = makeHelpers();
    const first = await credentialFrom(helpers, 'refused');
    assert.ok(first !== undefined);
    const second = await helpers.ask('refused', 'r.example', { refused: [first] });
    const third = await helpers.ask('refused', 'r.example', { refused: [first] });
    const credential = { kind: 'basic', username: 'u', password: '2' };
    assert.deepEqual(
      [second, third],
      [
        { kind: 'credential', credential },
        { kind: 'credential', credential },
      ],
    );
  });

  it('is ended by the signal, and a caller who waited for it starts anew', async () => {
    await install(
      'slow',
      `test -e $FOLDER/ready && { ${json('u', 'p')}; exit; }; touch $FOLDER/ready; exec sleep 600`,
    );
    const helpers = makeHelpers();
    const cancel = new AbortController();
    const cancelled = assert.rejects(
      () => helpers.ask('slow', 'r.example', { signal: cancel.signal }),
      /ended here/,
    );
    while (
      !(await readFile(join(folder, 'ready')).then(
        () => true,
        () => false,
      ))
    ) {
      await new Promise(setImmediate);
    }
    const waiting = credentialFrom(helpers, 'slow');
    cancel.abort(new Error('ended here'));
    await cancelled;
    assert.deepEqual(await waiting, { kind: 'basic', username: 'u', password: 'p' });
  });
});
