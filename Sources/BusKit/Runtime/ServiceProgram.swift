import Foundation
import Logging

/// The process of a service: reads its configuration, runs the service, and ends with a status that says how it went.
/// What a `main` is left with is what differs from one service to the next.
///
///     await ServiceProgram.run("order-svc", schema: "order_svc", settings: OrderSettings.read) { settings, _ in
///       OrderSvcMain.make(settings)
///     }
public enum ServiceProgram {
  /// How a process ends when it does not end well.
  enum Failure: Int32 {
    /// The service threw; the log has the reason.
    case stopped = 1
    /// It cannot start with this configuration: EX_CONFIG of sysexits.h. Starting it again would change nothing.
    case configuration = 78
  }

  /// Returns when the process was asked to stop and has drained; otherwise ends it: with status 78 and one line per
  /// mistake on standard error when the configuration is no good, with 1 and a line in the log for any other error.
  /// - Parameters:
  ///   - name: of the service on the bus.
  ///   - schema: of its tables.
  ///   - settings: reads the service's own variables; every mistake goes to the reader, and nil means that there was
  ///     one.
  ///   - make: builds the service. It may throw `ConfigurationError` for what only shows when it is tried.
  public static func run<Settings>(
    _ name: String, schema: String, settings: @Sendable (inout EnvironmentReader) -> Settings?,
    make: @Sendable (Settings, Logger) throws -> Service
  ) async {
    let failure = await attempt(
      name, schema: schema, EnvironmentReader(), settings: settings,
      complain: { FileHandle.standardError.write(Data("\($0)\n".utf8)) }, make: make)
    if let failure { exit(failure.rawValue) }
  }

  /// The same without ending the process; nil: it went well.
  static func attempt<Settings>(
    _ name: String, schema: String, _ reader: EnvironmentReader, settings: (inout EnvironmentReader) -> Settings?,
    complain: (String) -> Void, make: (Settings, Logger) throws -> Service
  ) async -> Failure? {
    var reader = reader
    // Both, whatever is wrong with the first: an operator sees all mistakes at once.
    let configuration = ServiceConfiguration.read(&reader, service: name, schema: schema)
    let own = settings(&reader)
    do {
      try reader.finish()
      guard let configuration, let own else {
        throw ConfigurationError(mistakes: ["something is missing that no mistake was noted for"])
      }
      try await make(own, configuration.logger).run(configuration)
      return nil
    } catch let error as ConfigurationError {
      complain("\(name): \(error)")
      return .configuration
    } catch {
      configuration?.logger.critical("the service ends", metadata: ["error": "\(error)"])
      return .stopped
    }
  }
}
