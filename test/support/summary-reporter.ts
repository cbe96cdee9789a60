// Mocha's spec output without the tests that are left out: these are counted at the end by what they need. The last
// line is the one that continuous integration reads.
import Mocha from 'mocha';
import { needOf } from './left-out.js';

const { Base } = Mocha.reporters;
const {
  EVENT_RUN_END,
  EVENT_SUITE_BEGIN,
  EVENT_SUITE_END,
  EVENT_TEST_FAIL,
  EVENT_TEST_PASS,
  EVENT_TEST_PENDING,
} = Mocha.Runner.constants;

const SLOW_MS = 1000;

export default class SummaryReporter extends Base {
  /** Suites that are open, and how many of them are printed: those in which a test ran. */
  readonly #open: string[] = [];
  #printed = 0;
  /** How many tests are left out, by what they need. */
  readonly #leftOut = new Map<string, number>();

  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    let failures = 0;
    runner.on(EVENT_SUITE_BEGIN, ({ root, title }) => {
      if (!root) this.#open.push(title);
    });
    runner.on(EVENT_SUITE_END, ({ root }) => {
      if (!root) this.#open.pop();
      this.#printed = Math.min(this.#printed, this.#open.length);
    });
    runner.on(EVENT_TEST_PASS, ({ title, duration = 0 }) => {
      const slow = duration >= SLOW_MS ? Base.color('slow', ` (${duration} ms)`) : '';
      this.#print(`${Base.color('checkmark', Base.symbols.ok)} ${title}${slow}`);
    });
    runner.on(EVENT_TEST_FAIL, ({ title }) => {
      this.#print(Base.color('fail', `${(failures += 1)}) ${title}`));
    });
    runner.on(EVENT_TEST_PENDING, (test) => {
      const need = needOf(test) ?? 'nothing that its title says';
      this.#leftOut.set(need, (this.#leftOut.get(need) ?? 0) + 1);
    });
    runner.once(EVENT_RUN_END, () => {
      this.epilogue();
    });
  }

  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    for (const line of leftOutLines(this.#leftOut)) Base.consoleLog(line);
    Base.consoleLog(`${passes} passed, ${failures} failed, ${pending} skipped`);
  }

  /** Prints the line of a test, below the titles of the suites around it. */
  #print(line: string): void {
    for (const [depth, title] of this.#open.entries()) {
      if (depth >= this.#printed) Base.consoleLog(`${'  '.repeat(depth)}${title}`);
    }
    this.#printed = this.#open.length;
    Base.consoleLog(`${'  '.repeat(this.#open.length)}${line}`);
  }
}

/** Returns the list of what was left out, the longest first, and how to run it. */
function leftOutLines(leftOut: ReadonlyMap<string, number>): readonly string[] {
  if (leftOut.size === 0) return [];
  const needs = [...leftOut].sort(([, one], [, other]) => other - one);
  return [
    'Left out, by what it needs:',
    ...needs.map(([what, count]) => `${String(count).padStart(6)}  ${what}`),
    'KMS_TEST_DATABASES=all runs the databases, KMS_TEST_INSTALL=1 installs what is missing.',
    '',
  ];
}
