import ArgumentParser
import BusKit

extension BusOptions {
  /// Asks a service. What it refuses is said in a line.
  /// - Throws: `ExitCode.failure` when it refuses, `ExitCode.unanswered` when nobody answers.
  func ask<Q: Query>(_ query: Q, within limit: Duration = .seconds(5)) async throws -> Q.Reply {
    do {
      return try await connected { try await $0.ask(query, within: limit) }
    } catch let failure as QueryFailure {
      throw Self.exit(for: failure, of: Q.topic)
    }
  }

  /// Says a failure in a line.
  /// - Parameter topic: where the question was asked, by which the service is named; nil: not known.
  static func exit(for failure: QueryFailure, of topic: Topic?) -> ExitCode {
    // The topics of a service begin with its name.
    let service = topic.map { "\($0.name.prefix { $0 != "." })-svc" } ?? "the service"
    let isSilence = failure.isNoAnswer
    writeError("\(failure)\(isSilence ? ". Is \(service) running? See `./energy status`" : "")")
    return isSilence ? .unanswered : .failure
  }
}
