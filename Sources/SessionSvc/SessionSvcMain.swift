import BusKit
import Contracts
import Foundation

/// The conversation of the Telegram bot: what customers do comes in, screens go out.
@main
struct SessionSvcMain {
  static func main() async {
    var reader = EnvironmentReader()
    let configuration = ServiceConfiguration.read(&reader, service: ServiceName.session, schema: "session_svc")
    let settings = SessionSettings.read(&reader)
    do {
      try reader.finish()
      // Without a mistake there is a configuration.
      if let configuration { try await make(settings).run(configuration) }
    } catch let error as ConfigurationError {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      exit(78)  // EX_CONFIG
    } catch {
      FileHandle.standardError.write(Data("\(ServiceName.session) stopped: \(error)\n".utf8))
      exit(1)
    }
  }

  static func make(_ settings: SessionSettings) -> Service {
    var service = Service(name: ServiceName.session, schema: "session_svc", migrations: SessionMigrations.all)
    service.handle(UserInput.self, needs: { SessionUnit.needs($0.customer) }, apply: UserInputHandler.apply)
    service.handle(OrderChanged.self, needs: OrderChangedHandler.needs) { event, unit in
      try OrderChangedHandler.apply(event, unit, explorer: settings.explorer)
    }
    service.handle(DepositCredited.self, needs: DepositCreditedHandler.needs, apply: DepositCreditedHandler.apply)
    // What becomes of an order's money is told by the order.
    service.ignore(FundsHeld.self)
    service.ignore(FundsRefused.self)
    service.ignore(HoldSettled.self)
    service.effect(LoadScreen.self, policy: LoadScreen.policy, exhausted: LoadScreen.exhausted) { effect, context in
      try await effect.run(context)
    }
    service.background("idle rows", IdleRows.sweep)
    service.auditsOperators()
    service.publishes([.orderCommands, .walletCommands, .gatewayCommands, .monitorCommands])
    return service
  }
}
