import Foundation
import HTTPClient
import Synchronization
import TestKit

/// One process of a service, the real program, that can be killed and started again.
final class ServiceProgram: Sendable {
  let name: String
  let log: String
  private let program: String
  private let httpAddress: String
  private let environment: [String: String]
  private let process = Mutex<GuardedProcess?>(nil)

  /// - Parameter program: the product's name.
  init(_ program: String, name: String, folder: String, environment: [String: String]) throws {
    self.program = program
    self.name = name
    log = "\(folder)/\(name).log"
    httpAddress = "127.0.0.1:\(try freePort())"
    self.environment = environment.merging(["ENERGY_HTTP_ADDRESS": httpAddress]) { $1 }
  }

  func start() throws {
    let started = try GuardedProcess.start([try Program.path(program)], environment: environment, log: log)
    process.withLock { $0 = started }
  }

  /// `kill -9`; returns when the process is gone.
  func kill() async throws { try await process.withLock { $0 }?.end() }

  func untilReady(_ http: HTTPClient) async throws {
    try await eventually(within: .seconds(60), "\(name) is ready") {
      let process = process.withLock { $0 }
      guard process?.isRunning == true else { throw TestKitError("\(name) ended: \(process?.logTail ?? "no log")") }
      do {
        let request = HTTPRequest(url: "http://\(httpAddress)/readyz", timeout: .seconds(2))
        return try await http.send(request).status == 200
      } catch is HTTPError {
        return false
      }
    }
  }

  /// Lines at the level `critical`.
  var criticalLines: [String] {
    let data = FileManager.default.contents(atPath: log) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { $0.contains(#""level":"critical""#) }
  }
}
