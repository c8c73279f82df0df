import BusKit
import Logging
import Postgres
import Redis

/// A service's whole main file: reads its configuration, lists every mistake in it, and runs until SIGTERM.
/// - Throws: `ConfigurationError` with one line per mistake.
func runLoans(_ environment: [String: String]) async throws {
  var reader = EnvironmentReader(environment)
  let configuration = ServiceConfiguration.read(&reader, service: "loans-svc", schema: "loans")
  try reader.finish()
  guard let configuration else { return }
  try await makeLoans().run(configuration)
}

/// The same by hand, for programs that get their addresses from elsewhere.
func loansConfiguration(redis: RedisConfiguration, conninfo: String, timing: BusTiming) -> ServiceConfiguration {
  ServiceConfiguration(
    redis: redis,
    postgres: PostgresConfiguration(conninfo: conninfo, applicationName: "loans-svc", searchPath: "loans"),
    poolSize: 4, httpPort: 0, timing: timing, logger: JSONLog.logger(service: "loans-svc", level: .critical))
}
