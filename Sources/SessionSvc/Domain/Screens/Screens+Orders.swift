import Contracts
import TronKit

/// Orders: as a list, one of them from the list, and the message that follows an order through its life.
extension Screens {
  static let ordersPerPage = 6

  func orders(_ page: OrderPage) -> Screen {
    let entries = page.orders.map { order in
      let label = texts.plain(
        .orderLine,
        [
          "status": symbol(order.state), "energy": Format.grouped(order.energy.value),
          "duration": Format.duration(order.durationSeconds, texts), "price": Format.trx(order.price),
        ])
      return [Screen.Button(label, .data(ButtonData.order(order.id).text))]
    }
    let more = page.hasMore ? page.orders.last.map { [[button(.buttonMore, .orders(after: $0.id))]] } ?? [] : []
    let body: BotHTML = page.orders.isEmpty ? texts.html(.ordersNone) : ""
    return Screen(
      html: self.page([title(.ordersTitle), body]), rows: entries + more + [[button(.buttonRent, .rent), menuButton]])
  }

  func orderDetail(_ order: OrderView) -> Screen {
    var screen = self.order(order, previous: nil, explorer: nil)
    screen.rows = screen.rows.dropLast() + [[button(.buttonBack, .orders(after: nil)), menuButton]]
    return screen
  }

  /// Right after Confirm, before order-svc has said anything.
  func accepted(_ offer: Offer) -> Screen {
    Screen(
      html: page([
        title(.orderAccepted),
        rental(offer.order, offer.receiver, offer.energy, offer.durationSeconds, offer.price),
        texts.html(.orderAcceptedBody),
      ]), rows: [[button(.buttonMenu, .home)]])
  }

  /// - Parameters:
  ///   - previous: the state before; an order that falls back from `delivered` must not be used any more.
  ///   - explorer: the URL before a transaction id, if there is a block explorer for this chain.
  func order(_ order: OrderView, previous: OrderState?, explorer: String?) -> Screen {
    let (heading, body) = story(order, previous)
    var facts: [BotHTML] = []
    if let first = order.delegateTxIDs.first {
      let more = order.delegateTxIDs.count - 1
      facts.append(texts.html(.transactionLine, ["transaction": .code(first.hex)]))
      if more > 0 { facts.append(texts.html(.moreTransactions, ["count": "\(more)"])) }
    }
    if let end = order.endsAt, order.status == .active || order.status == .completed {
      facts.append(texts.html(.endsLine, ["time": BotHTML(text: Format.time(end))]))
    }
    if let first = order.reclaimTxIDs.first, order.state == .completed {
      facts.append(texts.html(.reclaimLine, ["transaction": .code(first.hex)]))
    }
    let rental = rental(order.id, order.receiver, order.energy, order.durationSeconds, order.price)
    let placed = texts.html(.placedLine, ["time": BotHTML(text: Format.time(order.createdAt))])
    return Screen(
      html: page([title(heading), block([rental, placed]), block(facts), body]),
      rows: links(order, explorer) + [[button(.buttonMenu, .home)]])
  }

  private func links(_ order: OrderView, _ explorer: String?) -> [[Screen.Button]] {
    guard let first = order.delegateTxIDs.first else { return [] }
    var row = [copyButton(.buttonCopyTransaction, first.hex)]
    if let explorer { row.append(Screen.Button(texts.plain(.buttonExplorer), .url(explorer + first.hex))) }
    return [row]
  }

  private func rental(
    _ order: OrderID, _ receiver: TronAddress, _ energy: Energy, _ durationSeconds: Int64, _ price: Sun
  ) -> BotHTML {
    block([
      texts.html(.orderNumber, ["order": .code(order.text)]),
      texts.html(.receiverLine, ["address": .code(receiver.base58)]),
      texts.html(
        .rentalLine,
        [
          "energy": .bold(Format.grouped(energy.value)),
          "duration": BotHTML(text: Format.duration(durationSeconds, texts)),
        ]),
      texts.html(.priceLine, ["price": BotHTML(text: Format.trx(price))]),
    ])
  }

  private func story(_ order: OrderView, _ previous: OrderState?) -> (TextKey, BotHTML) {
    switch order.state {
    case .placed, .funded: return (.orderAccepted, texts.html(.orderAcceptedBody))
    case .delegating:
      let isTakenBack = previous == .delivered
      return isTakenBack
        ? (.orderReverted, texts.html(.orderRevertedBody)) : (.orderDelegating, texts.html(.orderDelegatingBody))
    case .cancelling: return (.orderCancelling, texts.html(.orderCancellingBody))
    case .delivered, .active: return (.orderDelivered, texts.html(.orderDeliveredBody))
    case .ending, .completed: return (.orderEnded, texts.html(.orderEndedBody))
    case .rejected: return (.orderRejected, block([failure(order.failure), texts.html(.noMoneyTaken)]))
    case .failed: return (.orderFailed, block([failure(order.failure), texts.html(.moneyReturned)]))
    case .cancelled: return (.orderCancelled, block([failure(order.failure), texts.html(.moneyReturned)]))
    }
  }

  private func failure(_ failure: OrderFailure?) -> BotHTML {
    guard let failure else { return texts.html(.failureUnknown) }
    return texts.html(Self.sentence(failure))
  }

  /// Each reason has a sentence of its own.
  static func sentence(_ failure: OrderFailure) -> TextKey {
    switch failure {
    case .expired: .failureExpired
    case .priceChanged: .failurePriceChanged
    case .unknownProduct: .failureUnknownProduct
    case .energyOutOfRange: .failureEnergyOutOfRange
    case .insufficientBalance: .failureInsufficientBalance
    case .alreadyReleased: .failureAlreadyReleased
    case .receiverNotActivated: .failureReceiverNotActivated
    case .receiverIsContract: .failureReceiverIsContract
    case .receiverNotAllowed: .failureReceiverNotAllowed
    case .poolEmpty: .failurePoolEmpty
    case .signingPaused: .failureSigningPaused
    case .deadline: .failureDeadline
    case .chainRefused: .failureChainRefused
    case .cancelledByCustomer: .failureCancelledByCustomer
    }
  }

  private func symbol(_ state: OrderState) -> String {
    switch state.status {
    case .pending, .processing: "⏳"
    case .active: "⚡"
    case .completed: "🏁"
    case .failed: "❌"
    case .cancelled: "🚫"
    }
  }
}
