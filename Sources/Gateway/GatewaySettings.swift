import BusKit
import Crypto
import Foundation

/// What the gateway needs beside the bus.
struct GatewaySettings: Sendable {
  var telegramURL: String
  var telegramToken: String
  var telegramMessagesPerSecond = TelegramClient.messagesPerSecond
  var installationSecret: SymmetricKey
  var journalDirectory: String
  var limits = RestLimits()

  /// Reads the environment; mistakes are collected in `reader`, and no secret is repeated in one.
  static func read(_ reader: inout EnvironmentReader) -> GatewaySettings? {
    let url = reader.url("ENERGY_TELEGRAM_API_URL", default: "https://api.telegram.org")
    let token = reader.secret("ENERGY_TELEGRAM_TOKEN_FILE")
    if let token, !isToken(token) {
      reader.mistake("ENERGY_TELEGRAM_TOKEN_FILE: the file does not hold a bot token such as 123456:ABC-def…")
    }
    let pace = reader.integer(
      "ENERGY_TELEGRAM_MESSAGES_PER_SECOND", default: Int64(TelegramClient.messagesPerSecond), in: 1...1_000)
    let secret = reader.secret("ENERGY_INSTALLATION_SECRET_FILE")
    if let secret, secret.utf8.count < 32 {
      reader.mistake("ENERGY_INSTALLATION_SECRET_FILE: the secret has \(secret.utf8.count) characters; give 32 or more")
    }
    let directory = reader.string("ENERGY_JOURNAL_DIR")
    var limits = RestLimits()
    readAdmission(&limits, &reader)
    guard let url, let token, let secret, let directory else { return nil }
    return GatewaySettings(
      telegramURL: url, telegramToken: token, telegramMessagesPerSecond: Double(pace),
      installationSecret: SymmetricKey(data: Data(secret.utf8)), journalDirectory: directory, limits: limits)
  }

  static func readAdmission(_ limits: inout RestLimits, _ reader: inout EnvironmentReader) {
    func number(_ name: String, _ fallback: Int, _ range: ClosedRange<Int64>) -> Int {
      Int(reader.integer(name, default: Int64(fallback), in: range))
    }
    limits.requestsPerSecond = Double(number("ENERGY_CLIENT_RATE", Int(limits.requestsPerSecond), 1...100_000))
    limits.requestsBurst = Double(number("ENERGY_CLIENT_BURST", Int(limits.requestsBurst), 1...100_000))
    limits.unansweredMax = number("ENERGY_UNANSWERED_ORDERS_MAX", limits.unansweredMax, 1...1_000_000)
    limits.recordWait = .seconds(
      number("ENERGY_ORDER_RECORD_SECONDS", Int(limits.recordWait.components.seconds), 1...60))
    limits.inWorkMax = number("ENERGY_REQUESTS_IN_WORK_MAX", limits.inWorkMax, 1...100_000)
    limits.orders.goal = .milliseconds(
      number("ENERGY_ORDER_GOAL_MS", Int(limits.orders.goal.milliseconds), 100...10_000))
    limits.orders.start = number("ENERGY_ORDERS_IN_WORK_START", limits.orders.start, 1...10_000)
    limits.orders.minimum = number("ENERGY_ORDERS_IN_WORK_MIN", limits.orders.minimum, 1...10_000)
    limits.orders.maximum = number("ENERGY_ORDERS_IN_WORK_MAX", limits.orders.maximum, 1...10_000)
    limits.deliveries.goal = .seconds(
      number("ENERGY_DELIVERY_GOAL_SECONDS", Int(limits.deliveries.goal.components.seconds), 1...3600))
    limits.deliveries.maximum = number("ENERGY_UNDELIVERED_ORDERS_MAX", limits.deliveries.maximum, 1...1_000_000)
    limits.deliveries.minimum = min(limits.deliveries.minimum, limits.deliveries.maximum)
    if limits.orders.minimum > limits.orders.maximum {
      reader.mistake(
        "ENERGY_ORDERS_IN_WORK_MIN is \(limits.orders.minimum), above ENERGY_ORDERS_IN_WORK_MAX, which is "
          + "\(limits.orders.maximum): give a smaller one")
    }
  }

  /// The form of a token: it goes into a URL, so nothing else may be in it.
  static func isToken(_ text: String) -> Bool {
    text.wholeMatch(of: /[0-9]{1,20}:[A-Za-z0-9_\-]{10,128}/) != nil
  }
}

/// The REST API's limits.
struct RestLimits: Sendable {
  var bodyBytesMax = 16 * 1024
  var requestsPerSecond = 50.0
  var requestsBurst = 100.0
  /// Orders that order-svc has not spoken of; beyond it new ones are turned away.
  var unansweredMax = 1000
  /// Requests in work at a time, of any kind; what is beyond is turned away before anything is done for it.
  var inWorkMax = 400
  /// Of these one client may have one in so many.
  var clientShare = 4
  var inWorkOfClientMax: Int { max(1, inWorkMax / clientShare) }
  /// Repeated orders that wait for their outcome at a time; the others are told what is known.
  var repeatsWaitingMax = 64
  /// Orders of this process between their admission and order-svc's first word.
  var orders = AdaptiveLimit.Settings()
  /// Accepted orders that are not delivered.
  var deliveries = DeliveryGate.Settings()
  var redisDownMax = Duration.seconds(5)
  var chainCheck = Duration.seconds(1)
  /// From an order's arrival: for how long it is found out whether it was recorded.
  var recordWait = Duration.seconds(10)
  var orderWait = Duration.seconds(3)
  var queryWait = Duration.seconds(2)
  /// For how long a request's body may take to arrive.
  var bodyWait = Duration.seconds(10)
}
