import { saysWell } from '../../lab/guest/refusal-text';

describe('a message about a device that cannot be had', () => {
  const good = '0000:00:10.0 is busy: open in another process\nStop it (`fuser -v /dev/vfio/3` names it).';

  it('is well said with what is the matter and what to do', () => {
    expect(saysWell(good, /is busy/, /fuser/).held).toBe(true);
  });

  it.each([
    ['says something else', good, /forbidden/, /fuser/],
    ['gives no advice', good, /is busy/, /chown/],
    ['has a stack trace', `${good}\n    at run (/kit/dist/runner/commands/run.js:12:3)`, /is busy/, /fuser/],
    ['goes on and on', `${good}${'\nmore'.repeat(12)}`, /is busy/, /fuser/],
    ['is nothing', '', /is busy/, /fuser/],
  ])('is not when it %s', (_, text, says, advises) => {
    expect(saysWell(text, says, advises).held).toBe(false);
  });
});
