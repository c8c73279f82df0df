import Foundation
import Hummingbird

/// `telegram-sim`: Telegram's Bot API on loopback, with a web page on which a person chats with the bot.
@main
struct TelegramSimMain {
  static func main() async {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      if options.asksForHelp { return print(Options.usage) }
      let simulator = try Simulator(folder: options.data)
      let server = TelegramServer(simulator: simulator, host: options.host, port: options.port)
      let application = server.application { port in
        print("listening on http://\(options.host):\(port)")
        fflush(nil)
      }
      try await application.runService()
    } catch {
      FileHandle.standardError.write(Data("telegram-sim: \(error)\n".utf8))
      exit(1)
    }
  }
}
