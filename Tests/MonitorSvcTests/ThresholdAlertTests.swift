import Contracts
import Testing

@testable import MonitorSvc

@Suite struct ThresholdAlertTests {
  static let rule = ThresholdAlert(threshold: 200_000)

  @Test("fires below the threshold, recovers a tenth above it, and is silent in between", arguments: [
    (nil, Int64(199_999), ThresholdAlert.Transition.fires), (nil, 200_000, nil), (nil, 0, .fires),
    (.resolved, 199_999, .fires), (.resolved, 200_000, nil), (.resolved, 900_000, nil),
    (.firing, 0, nil), (.firing, 199_999, nil), (.firing, 200_000, nil), (.firing, 219_999, nil),
    (.firing, 220_000, .recovers), (.firing, 900_000, .recovers),
  ] as [(ThresholdAlert.State?, Int64, ThresholdAlert.Transition?)])
  func table(state: ThresholdAlert.State?, value: Int64, transition: ThresholdAlert.Transition?) {
    #expect(Self.rule.step(state, value: value) == transition)
  }

  @Test("a value that hovers around the threshold rings once each way")
  func hovering() {
    var state: ThresholdAlert.State?
    var rings: [ThresholdAlert.Transition] = []
    for value in [210_000, 199_000, 201_000, 199_500, 215_000, 190_000, 221_000, 205_000] as [Int64] {
      guard let transition = Self.rule.step(state, value: value) else { continue }
      rings.append(transition)
      state = transition == .fires ? .firing : .resolved
    }
    #expect(rings == [.fires, .recovers])
  }

  @Test("a threshold of zero never fires, and a huge one does not overflow")
  func edges() {
    #expect(ThresholdAlert(threshold: 0).step(nil, value: 0) == nil)
    #expect(ThresholdAlert(threshold: .max).recovery == .max)
    #expect(ThresholdAlert(threshold: 15).recovery == 17)
  }

  @Test("the alert is told in each language, and other languages get English")
  func texts() {
    let en = AlertText.poolEnergy(.firing, available: 1_500, threshold: 200_000, .init(code: "en"))
    let zh = AlertText.poolEnergy(.firing, available: 1_500, threshold: 200_000, .init(code: "zh"))
    #expect(en.source.contains("<b>1,500</b> energy can be lent; the threshold is 200,000"))
    #expect(zh.source.contains("能量池不足") && zh.source.contains("<b>1,500</b>"))
    #expect(AlertText.Language(code: "fr") == .en)
    #expect(
      Set([en, zh].map(\.source)).isDisjoint(
        with: AlertText.Language.allCases.map {
          AlertText.poolEnergy(.resolved, available: 1_500, threshold: 200_000, $0).source
        }))
  }

  @Test("notices that a release before has recorded are run by their kinds")
  func kinds() {
    #expect(PoolEnergyNotice.kind == "monitor.NotifySubscribers" && SeriesNotice.kind == "monitor.TellSubscribers")
  }

  @Test("each series has its own text in each language for its beginning and its end")
  func seriesTexts() {
    let texts = Incident.Series.allCases.flatMap { series in
      [ThresholdAlert.State.firing, .resolved].flatMap { state in
        AlertText.Language.allCases.map { AlertText.series(series, state, $0).source }
      }
    }
    #expect(Set(texts).count == 8)
  }
}
