import Contracts
import Testing
import TronKit

@testable import SessionSvc

@Suite struct InputTests {
  static func allData() throws -> [ButtonData] {
    let address = try Sample.receiver()
    return [
      .menu, .home, .rent, .energy(Energy(.max)), .otherEnergy, .duration(seconds: .max), .receiver(address),
      .confirm(Sample.order), .addresses, .addAddress, .address(address), .removeAddress(address), .rentFor(address),
      .rename(address), .makeDefault(address), .balance, .deposit, .orders(after: nil), .orders(after: Sample.order),
      .order(Sample.order), .language, .setLanguage(.zh), .help, .alerts(true), .alerts(false),
    ]
  }

  @Test("button data reads back as it was written and fits into 64 bytes")
  func roundTrip() throws {
    for data in try Self.allData() {
      #expect(ButtonData(data.text) == data)
      #expect(data.text.utf8.count <= 64)
    }
  }

  @Test("data that is not ours is no button", arguments: [
    "", "v1", "v1:", "v2:menu", "v1:menu:x", "v1:e", "v1:e:0", "v1:e:-1", "v1:e:+5", "v1:e:05", "v1:d:x", "v1:r:T123",
    "v1:ok:ord_1", "v1:l:xx", "v1:al:maybe", "v1:e:1:2", String(repeating: "v", count: 65),
  ])
  func badData(text: String) { #expect(Input(.button(data: text)) == .unknownButton) }

  @Test("a Confirm that comes late confirms nothing; other buttons still work")
  func late() {
    let confirm = UserInput.Kind.button(data: ButtonData.confirm(Sample.order).text)
    #expect(Input(confirm) == .button(.confirm(Sample.order)))
    #expect(Input(confirm, isLate: true) == .unknownButton)
    #expect(Input(.button(data: ButtonData.rent.text), isLate: true) == .button(.rent))
    #expect(Input(.text("/start"), isLate: true) == .command(.start, argument: ""))
  }

  @Test("commands are known in any case, with the bot's name and an argument", arguments: [
    ("/start", Input.Command.start, ""), ("/START@EnergyBot", .start, ""), ("/alerts on", .alerts, "on"),
    ("/deposit", .deposit, ""), ("  /Alerts@bot   OFF ", .alerts, "OFF"),
    ("/start ref_12", .start, "ref_12"), ("/help\nplease", .help, "please"),
  ])
  func commands(text: String, command: Input.Command, argument: String) {
    #expect(Input(.text(text)) == .command(command, argument: argument))
  }

  @Test("a slash and something else is an unknown command", arguments: ["/", "/@bot", "/nothing", "//"])
  func unknownCommands(text: String) { #expect(Input(.text(text)) == .unknownCommand) }

  @Test("a text loses the white space around it and is cut when it is long")
  func texts() {
    #expect(Input(.text(" 65000\n")) == .text("65000"))
    #expect(Input(.text(String(repeating: "x", count: 5_000))) == .text(String(repeating: "x", count: 256)))
    let long = "a" + String(repeating: "\u{0301}", count: 5_000)
    #expect(Input(.text(long)) == .text("a" + String(repeating: "\u{0301}", count: 255)))
  }
}
