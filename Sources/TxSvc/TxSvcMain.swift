import BusKit
import Contracts
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
    await ServiceProgram.run(ServiceName.tx, schema: TxService.schema, settings: TxSettings.read) { world, _ in
      TxService.make(world)
    }
  }
}
