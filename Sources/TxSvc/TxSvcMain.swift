import BusKit
import Foundation

/// tx-svc: the only process that can sign. Everything it handles, runs and schedules stands in `TxService.make`.
@main
struct TxSvcMain {
  static func main() async {
    do {
      try ProcessSecrecy.apply()
    } catch {
      FileHandle.standardError.write(Data("tx-svc: \(error)\n".utf8))
      exit(71)
    }
    Hangups.listen()
    var reader = EnvironmentReader()
    let settings = TxSettings.read(&reader)
    do {
      try reader.finish()
    } catch {
      FileHandle.standardError.write(Data("tx-svc: \(error)\n".utf8))
      exit(78)
    }
    guard let settings else { exit(78) }
    do {
      try await TxService.make(settings.world).run(settings.configuration)
    } catch {
      settings.configuration.logger.critical("tx-svc ends", metadata: ["error": "\(error)"])
      exit(1)
    }
  }
}
