// A session of a driver, as far as the drivers of PostgreSQL and MySQL agree. raw-connections.ts makes and ends them.

/** What the connections of both drivers have; knex passes them untyped. */
export interface RawConnection {
  query(...queryAndCallback: unknown[]): unknown;
  end(done: (error?: unknown) => void): unknown;
  on(event: 'error' | 'end', listener: (error?: unknown) => void): unknown;
  /** Read by knex, which then takes another connection. */
  __knex__disposed?: unknown;
}
