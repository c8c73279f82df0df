import BusKit
import Contracts

/// The conversation of the Telegram bot: what customers do comes in, screens go out.
@main
struct SessionSvcMain {
  static let schema = "session_svc"

  static func main() async {
    await ServiceProgram.run(ServiceName.session, schema: schema, settings: SessionSettings.read) { settings, _ in
      make(settings)
    }
  }

  static func make(_ settings: SessionSettings) -> Service {
    var service = Service(name: ServiceName.session, schema: schema, migrations: SessionMigrations.all)
    service.handle(UserInput.self, needs: { SessionUnit.needs($0.customer) }, apply: UserInputHandler.apply)
    service.handle(OrderChanged.self, where: OrderChangedHandler.isOfUse, needs: OrderChangedHandler.needs) {
      event, unit in
      try OrderChangedHandler.apply(event, unit, explorer: settings.explorer)
    }
    service.handle(DepositCredited.self, needs: DepositCreditedHandler.needs, apply: DepositCreditedHandler.apply)
    // What becomes of an order's money is told by the order.
    service.ignore(FundsHeld.self)
    service.ignore(FundsRefused.self)
    service.ignore(HoldSettled.self)
    service.ignore(HoldContradicted.self)
    service.ignore(LedgerDifferenceFound.self)
    service.ignore(UnexpectedWithdrawal.self)
    service.ignore(CustodyDiffers.self)
    service.effect(LoadScreen.self, policy: LoadScreen.policy, exhausted: LoadScreen.exhausted) { effect, context in
      try await effect.run(context)
    }
    service.keeps(.conversations, .orderScreens)
    service.auditsOperators()
    service.publishes([.orderCommands, .walletCommands, .gatewayCommands, .monitorCommands])
    return service
  }
}
