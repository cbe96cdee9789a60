// `kms forecast`: shows how many rotations and ends of certificates are ahead, and when.
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { clock } from '../cli/clock.js';
import { durationFlag, filterFlags, filtersOf, listFlags, listRequestOf } from '../cli/flags.js';
import { LOOKING } from '../cli/printing.js';
import { KmsError } from '../errors.js';
import { forecastJson, forecastOf } from '../views/forecast/forecast.js';
import { LAST_INSTANT } from '../kmip/date-time.js';
import { writeNamedFile } from '../files/write-named-files.js';
import { forecastChart, unreadableLine } from '../views/forecast/forecast-chart.js';
import { DAY_SECONDS, WEEK_SECONDS } from '../text/duration.js';

const DEFAULT_SECONDS = 90 * DAY_SECONDS;

/** A longer forecast by day would fill several screens. */
const MOST_DAYS_SECONDS = 60 * DAY_SECONDS;

export default class Forecast extends BaseCommand {
  static override summary = 'show how many rotations and ends of certificates are ahead, and when';

  static override description = `Assumes that runs go on as often as the policies ask for. Days and weeks are in UTC, and weeks begin on Monday. Overdue keys count for today.`;

  static override examples = [
    '<%= config.bin %> forecast --within 1y',
    '<%= config.bin %> forecast --within 30d --tag env:prod --json',
    '<%= config.bin %> forecast --within 1y --ics rotations.ics',
  ];

  static override flags = {
    ...filterFlags,
    within: durationFlag({ description: 'how far ahead to look', default: DEFAULT_SECONDS }),
    by: Flags.string({
      description: 'one bar for each day or week (default: day up to two months, else week)',
      options: ['day', 'week'],
      helpValue: '<unit>',
    }),
    ics: Flags.string({
      description: 'write a calendar to this file, and overwrite it if it exists',
      helpValue: '<file>',
    }),
    csv: listFlags.csv,
    'csv-safe': listFlags['csv-safe'],
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Forecast);
    const config = this.configuration(flags);
    const now = clock.now();
    const { within } = flags;
    if (within === 0) {
      throw new KmsError('InvalidArgument', '--within must be greater than 0', {
        hint: 'give a duration such as 30d or 1y',
      });
    }
    const byDay = flags.by === undefined ? within <= MOST_DAYS_SECONDS : flags.by === 'day';
    const window = {
      now,
      until: Math.min(now + within, LAST_INSTANT),
      bucketSeconds: byDay ? DAY_SECONDS : WEEK_SECONDS,
    } as const;
    const options = {
      now,
      withinSeconds: within,
      firstDeadline: config.firstDeadline,
      ends: config.ends,
      hsm: config.hsm,
    };
    const forecast = await this.session.withStore(config, 'read', (store) =>
      this.printer.whileBusy(LOOKING, () => forecastOf(store, options, filtersOf(flags), window)),
    );
    const store = await this.session.storeLabel(config);
    if (flags.ics !== undefined) {
      const { forecastCalendar } = await import('../views/forecast/forecast-files.js');
      writeNamedFile('--ics', flags.ics, forecastCalendar(forecast, store));
    }
    if (listRequestOf(flags).csv) {
      const { forecastCsv } = await import('../views/forecast/forecast-files.js');
      await this.printer.page(flags, forecastCsv(forecast));
      const unreadable = unreadableLine(forecast);
      if (unreadable !== null) this.printer.note('warn', unreadable);
    } else {
      await this.printer.page(flags, forecastChart(forecast, this.printer.out));
    }
    return this.finish(forecastJson(forecast, store), 0);
  }
}
