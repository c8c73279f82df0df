import Contracts

/// The few sentences the gateway says itself; everything else is session-svc's.
struct BotTexts: Sendable {
  /// A toast, at most 200 characters.
  let busy: String
  let tooLate: BotHTML
  let commands: [(command: String, description: String)]

  static func of(languageCode: String) -> BotTexts { languageCode.lowercased().hasPrefix("zh") ? chinese : english }

  static let english = BotTexts(
    busy: "One moment, please: we are busy. Nothing was done; press again shortly.",
    tooLate: "Your press reached us too late, so nothing was done. Send /start to go on.",
    commands: [
      ("start", "Menu"), ("orders", "My orders"), ("balance", "Balance"), ("deposit", "Deposit"),
      ("addresses", "My addresses"), ("language", "Language"), ("alerts", "Alerts on or off"),
      ("help", "Help"), ("cancel", "Back to the menu"),
    ])

  static let chinese = BotTexts(
    busy: "系统繁忙，请稍候。本次操作未执行，请稍后再按一次。",
    tooLate: "您的操作送达过晚，未执行任何操作。请发送 /start 继续。",
    commands: [
      ("start", "菜单"), ("orders", "我的订单"), ("balance", "余额"), ("deposit", "充值"),
      ("addresses", "我的地址"), ("language", "语言"), ("alerts", "开启或关闭提醒"), ("help", "帮助"), ("cancel", "返回菜单"),
    ])

  var commandsJSON: JSONValue {
    .array(commands.map { ["command": .string($0.command), "description": .string($0.description)] })
  }
}
