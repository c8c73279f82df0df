import BusKit
import Contracts

/// What tx-svc says of an order's delegation.
struct DelegationHandlers: Sendable {
  let process: OrderProcess

  func register(in service: inout Service) {
    handle(DelegationSubmitted.self, in: &service, order: \.order) { .delegationSubmitted(txs: $0.legs.map(\.txID)) }
    handle(DelegationConfirmed.self, in: &service, order: \.order) {
      .delegationConfirmed(txs: $0.legs.map(\.txID), startedAt: $0.startedAt)
    }
    handle(DelegationReverted.self, in: &service, order: \.order) { _ in .delegationReverted }
    handle(DelegationFailed.self, in: &service, order: \.order) { .delegationFailed($0.reason, cost: $0.cost) }
    handle(DelegationFinal.self, in: &service, order: \.order) {
      .delegationFinal(delivered: $0.delivered, startedAt: $0.startedAt)
    }
    handle(DelegationReclaimed.self, in: &service, order: \.order) {
      .delegationReclaimed(txs: $0.txIDs, cost: $0.cost)
    }
    service.ignore(PoolChanged.self)
    service.ignoresChainRecords()
    service.ignore(SupplierStateChanged.self)
    service.ignore(LedgerDiffers.self)
    service.ignore(ChainParametersChanged.self)
  }

  private func handle<E: Event>(
    _ type: E.Type, in service: inout Service, order id: @escaping @Sendable (E) -> OrderID,
    input: @escaping @Sendable (E) -> OrderInput
  ) {
    service.handle(type, needs: { [.row(OrderRow.self, id($0).text)] }) { event, unit in
      let input = input(event)
      guard var order = try unit.find(OrderRow.self, id(event).text) else {
        throw OrderProcess.unknown(input.kind, id(event))
      }
      guard event.seq > order.txSeq else { return }
      order.txSeq = event.seq
      try process.apply(input, to: order, unit)
    }
  }
}
