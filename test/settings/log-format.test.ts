// Which form of the log holds before the arguments are parsed, for errors in them.
import assert from 'node:assert/strict';
import { logFormatIn } from '../../src/settings/log-format.js';

describe('the form of the log', () => {
  it('is that of the flag, however it is written', () => {
    assert.equal(logFormatIn(['--log-format', 'json'], {}), 'json');
    assert.equal(logFormatIn(['--bogus', '--log-format=text'], { KMS_LOG_FORMAT: 'json' }), 'text');
  });

  it('is else that of the variable', () => {
    assert.equal(logFormatIn(['due', 'list'], { KMS_LOG_FORMAT: 'json' }), 'json');
  });

  it('is none where none is named, or one that there is not', () => {
    assert.equal(logFormatIn([], {}), null);
    assert.equal(logFormatIn(['--log-format'], {}), null);
    assert.equal(logFormatIn(['--log-format=xml'], { KMS_LOG_FORMAT: 'json' }), null);
  });
});
