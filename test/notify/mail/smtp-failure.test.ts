// What a person is told when a mail cannot be sent, by what mailers and servers say.
import assert from 'node:assert/strict';
import { smtpFailure } from '../../../src/notify/mail/smtp-failure.js';
import { greetingName, type SmtpServer } from '../../../src/notify/mail/smtp-server.js';

const SERVER: SmtpServer = {
  ...{ host: 'mail.example.org', name: null, port: 587, security: 'starttls' },
  ...{ credentials: { username: 'kms', password: 'geheim' }, from: 'KMS <kms@example.org>' },
  ...{ ca: null, timeoutSeconds: 10 },
};

describe('smtpFailure', () => {
  for (const [code, message, sentence] of [
    ['ETLS', 'Error upgrading connection with STARTTLS: 500 not recognized', /no STARTTLS.*"tls"/],
    ['ESOCKET', 'self-signed certificate', /authority.*notify\.smtp\.ca_file/],
    ['ESOCKET', 'unable to get local issuer certificate', /notify\.smtp\.ca_file/],
    ['ESOCKET', "Hostname/IP does not match certificate's altnames: x", /not for mail\.example/],
    [
      'ESOCKET',
      '808C:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../',
      /"starttls"/,
    ],
    ['ETIMEDOUT', 'Greeting never received', /does not greet at port 587.*"tls"/],
    ['EAUTH', 'Invalid login: 504 Error: Unrecognized authentication type', /PLAIN, LOGIN.*OAuth/],
    ['EAUTH', 'Invalid login: 535 5.7.139 Authentication unsuccessful', /not OAuth 2/],
    ['EAUTH', 'Invalid login: 535 no geheim', /refuses the login.*notify\.smtp\.password/],
    ['ESOCKET', 'connect ECONNREFUSED 127.0.0.1:587', /nothing listens at mail\.example\.org:587/],
    ['EDNS', 'getaddrinfo ENOTFOUND mail.example.org', /cannot be resolved/],
    [
      'EENVELOPE',
      'Mail command failed: 504 5.5.2 <[127.0.0.1]>: Helo command rejected',
      /notify\.smtp\.name/,
    ],
  ] as const) {
    it(`says what to do about ${code}: ${message.slice(0, 50)}, and is tried again`, () => {
      const error = Object.assign(new Error(message), { code, responseCode: 504 });
      const result = smtpFailure(error, SERVER);
      assert.ok(result.kind === 'failed' && result.unavailable, result.kind);
      assert.match(result.error, sentence);
      assert.ok(!result.error.includes('geheim'));
    });
  }

  it('is final for a recipient that is refused with 5xx', () => {
    const error = Object.assign(new Error('550 no such user'), {
      code: 'EENVELOPE',
      responseCode: 550,
    });
    assert.equal(smtpFailure(error, SERVER).kind, 'refused');
  });
});

describe('greetingName', () => {
  for (const [name, host, greeted] of [
    ['relay.example.org', 'vm', 'relay.example.org'],
    [null, 'vm.example.net', 'vm.example.net'],
    [null, 'vm', 'example.org'],
  ] as const) {
    it(`is ${greeted} on the host ${host} with the setting ${name}`, () => {
      assert.equal(greetingName({ ...SERVER, name }, host), greeted);
    });
  }
});
