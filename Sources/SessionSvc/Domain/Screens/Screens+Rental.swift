import Contracts
import TronKit

/// The way from an amount of energy to the confirm screen.
extension Screens {
  /// What a USDT transfer needs: to a holder of USDT, and to an address without any.
  private static let commonEnergies = [Energy(65_000), Energy(131_000)]

  func energies() -> Screen {
    let choices = Self.commonEnergies.map {
      Screen.Button(Format.grouped($0.value), .data(ButtonData.energy($0).text))
    }
    return Screen(
      html: page([title(.energyTitle), block([texts.html(.energyHint65), texts.html(.energyHint131)])]),
      rows: [choices, [button(.buttonOther, .otherEnergy)], [menuButton]])
  }

  /// - Parameter problem: what was sent instead of a number.
  func askEnergy(problem: String?) -> Screen {
    let html = problem.map {
      texts.html(
        .badEnergy,
        ["value": BotHTML(text: $0.cut(to: 40)), "max": BotHTML(text: Format.grouped(Dialogue.energyMax))])
    }
    return Screen(
      html: html ?? page([title(.energyTitle), texts.html(.askEnergy)]),
      rows: [[button(.buttonBack, .rent), menuButton]])
  }

  /// Only durations for which this much energy is lent.
  func durations(_ energy: Energy, _ prices: PriceList) -> Screen {
    let products = prices.products.sorted { $0.durationSeconds < $1.durationSeconds }
    let fitting = products.filter { $0.energyMin <= energy && energy <= $0.energyMax }
    let back = [button(.buttonBack, .rent), menuButton]
    guard !fitting.isEmpty else {
      return Screen(html: nothingFits(energy, products), rows: [[button(.buttonOther, .otherEnergy)], back])
    }
    let choices = fitting.map { product in
      let (price, overflow) = product.sunPerEnergy.multipliedReportingOverflow(by: energy.value)
      let duration = Format.duration(product.durationSeconds, texts)
      let label =
        overflow ? duration : texts.plain(.priceEach, ["duration": duration, "price": Format.trx(Sun(price))])
      return [Screen.Button(label, .data(ButtonData.duration(seconds: product.durationSeconds).text))]
    }
    return Screen(html: page([energyLine(energy), title(.durationTitle)]), rows: choices + [back])
  }

  private func nothingFits(_ energy: Energy, _ products: [Product]) -> BotHTML {
    guard let min = products.map(\.energyMin).min(), let max = products.map(\.energyMax).max() else {
      return texts.html(.noProducts)
    }
    return texts.html(
      .energyOutOfRange,
      [
        "energy": BotHTML(text: Format.grouped(energy.value)), "min": BotHTML(text: Format.grouped(min.value)),
        "max": BotHTML(text: Format.grouped(max.value)),
      ])
  }

  private func energyLine(_ energy: Energy) -> BotHTML {
    texts.html(.energyChosen, ["energy": .bold(Format.grouped(energy.value))])
  }

  func receivers(_ saved: [SavedAddress], energy: Energy?) -> Screen {
    // The default first, the others as they were saved.
    let ordered = saved.filter(\.isDefault) + saved.filter { !$0.isDefault }
    let choices = ordered.map { [Screen.Button(name($0), .data(ButtonData.receiver($0.address).text))] }
    return Screen(
      html: page([title(.receiverTitle), texts.html(saved.isEmpty ? .receiverNone : .receiverBody)]),
      rows: choices + [[button(.buttonBack, energy.map(ButtonData.energy) ?? .rent), menuButton]])
  }

  func askReceiver(problem: TronAddressError) -> Screen {
    Screen(
      html: page([addressProblem(problem), texts.html(.receiverNone)]),
      rows: [[button(.buttonBack, .rent), menuButton]])
  }

  /// - Parameter problem: why there is no confirm button.
  func confirm(_ facts: OfferFacts, _ offer: Offer, _ problem: OfferProblem?) -> Screen {
    let rental = block([
      texts.html(
        .rentalLine,
        [
          "energy": .bold(Format.grouped(offer.energy.value)),
          "duration": .bold(Format.duration(offer.durationSeconds, texts)),
        ]),
      texts.html(.priceLine, ["price": .bold(Format.trx(offer.price))]),
      texts.html(.balanceLine, ["balance": BotHTML(text: Format.trx(facts.balance.available))]),
    ])
    let receiver = block([
      texts.html(.receiverLine, ["address": .code(offer.receiver.base58)]), holdings(facts.chain),
    ])
    let otherReceiver = button(.buttonOtherReceiver, .duration(seconds: offer.durationSeconds))
    let back = [otherReceiver, button(.buttonOtherEnergy, .rent)]
    guard let problem else {
      return Screen(
        html: page([title(.confirmTitle), receiver, rental]),
        rows: [[button(.buttonConfirm, .confirm(offer.order))], back, [menuButton]])
    }
    return Screen(
      html: page([title(.problemTitle), sentence(problem), receiver, rental]),
      rows: remedies(problem) + [[button(.buttonRetry, .receiver(offer.receiver))], back, [menuButton]])
  }

  private func remedies(_ problem: OfferProblem) -> [[Screen.Button]] {
    if case .balanceTooSmall = problem { [[button(.buttonDeposit, .deposit)]] } else { [] }
  }

  private func sentence(_ problem: OfferProblem) -> BotHTML {
    switch problem {
    case .receiverIsContract: texts.html(.problemContract)
    case .receiverNotActivated: texts.html(.problemNotActivated)
    case .poolEmpty: texts.html(.problemPool)
    case .balanceTooSmall(let missing):
      texts.html(.problemBalance, ["missing": .bold(Format.trx(Sun(missing)))])
    }
  }
}
