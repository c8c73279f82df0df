import BusKit
import Contracts
import Crypto
import Foundation

/// What an operator can set.
struct OrderSettings: Sendable {
  var catalogue: ProductCatalogue = .standard
  /// Shared with tx-svc alone: proves that order-svc asked for a delegation or reclaim.
  var sealKey: SymmetricKey
  var deadlines = Deadlines()

  /// How long an order may stay in a state before something is done about it.
  struct Deadlines: Sendable, Equatable {
    /// For wallet-svc to hold the money.
    var placed: Duration = .seconds(60)
    /// For tx-svc to deliver, from the money on and again from the first signed transaction on.
    var delegating: Duration = .seconds(180)
    /// Between two questions to a tx-svc that was asked to stop.
    var cancelling: Duration = .seconds(60)
    /// For the delegation to become solid: about 60 s on TRON.
    var delivered: Duration = .seconds(300)
    /// For the reclaim to become solid.
    var ending: Duration = .seconds(300)

    /// nil: nothing is due in this state.
    func length(in state: OrderState) -> Duration? {
      switch state {
      case .placed: placed
      case .funded, .delegating: delegating
      case .cancelling: cancelling
      case .delivered: delivered
      case .ending: ending
      case .active, .completed, .rejected, .failed, .cancelled: nil
      }
    }
  }

  static func read(_ reader: inout EnvironmentReader) -> OrderSettings? {
    let key = OrderSeal.key(&reader)
    let catalogue = catalogue(&reader)
    var deadlines = Deadlines()
    deadlines.placed = seconds(&reader, "ENERGY_ORDER_PLACED_SECONDS", deadlines.placed)
    deadlines.delegating = seconds(&reader, "ENERGY_ORDER_DELEGATING_SECONDS", deadlines.delegating)
    deadlines.cancelling = seconds(&reader, "ENERGY_ORDER_CANCELLING_SECONDS", deadlines.cancelling)
    deadlines.delivered = seconds(&reader, "ENERGY_ORDER_DELIVERED_SECONDS", deadlines.delivered)
    deadlines.ending = seconds(&reader, "ENERGY_ORDER_ENDING_SECONDS", deadlines.ending)
    guard let key, let catalogue else { return nil }
    return OrderSettings(catalogue: catalogue, sealKey: key, deadlines: deadlines)
  }

  private static func seconds(_ reader: inout EnvironmentReader, _ name: String, _ fallback: Duration) -> Duration {
    .seconds(reader.integer(name, default: fallback.milliseconds / 1000, in: 1...86_400))
  }

  private static func catalogue(_ reader: inout EnvironmentReader) -> ProductCatalogue? {
    guard let path = reader.optional("ENERGY_PRODUCTS") else { return .standard }
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      reader.mistake("ENERGY_PRODUCTS: cannot read \(path): \(error.localizedDescription)")
      return nil
    }
    do {
      return try ProductFile.parse(data)
    } catch {
      for mistake in error.list { reader.mistake("ENERGY_PRODUCTS, \(path): \(mistake)") }
      return nil
    }
  }
}
