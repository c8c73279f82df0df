import BusKit
import Contracts
import TronKit

/// Spares the customer an order that cannot be delivered. An address that was found fit is believed for a while: an
/// activated account stays one, and tx-svc looks again before it signs. What was found unfit is asked for each time,
/// for its owner may have mended it.
struct ReceiverCheck: Sendable {
  static let rememberedMax = 10_000
  static let rememberedFor = Duration.seconds(600)

  let bus: Bus
  let limits: RestLimits
  private let fit = RecentMemory<TronAddress, Bool>(countMax: rememberedMax, for: rememberedFor)

  init(bus: Bus, limits: RestLimits) {
    self.bus = bus
    self.limits = limits
  }

  /// Why nothing can be delivered to the address; nil when nothing is known against it. No answer in time is no reason.
  func fault(of receiver: TronAddress) async -> OrderFailure? {
    if fit.value(of: receiver) != nil { return nil }
    do {
      let account = try await bus.ask(GetChainAccount(address: receiver), within: limits.chainCheck)
      if let fault = account.receiverFault { return fault }
      if account.isActivated, !account.isStale { fit.note(receiver, true) }
    } catch {
      bus.logger.info("the receiver was not checked", metadata: ["error": "\(error)"])
    }
    return nil
  }
}
