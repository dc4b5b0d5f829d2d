"""A photo that is dropped, a step on paper, a page that was closed and is opened again."""

from studio_client import open_at


def test_a_photo_is_dropped_and_read(page, studio) -> None:
    """A photo of a 7, uneven paper, noise and all, dropped on Use: read, with every stage of its preparation."""
    import base64
    import io

    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter

    sheet = Image.new("L", (640, 480), 205)
    ImageDraw.Draw(sheet).line([(250, 120), (390, 120), (300, 370)], fill=60, width=22, joint="curve")
    light = np.linspace(-35, 25, 640)[None, :] + np.random.default_rng(0).normal(0, 4, (480, 640))
    photo = Image.fromarray(
        np.clip(np.asarray(sheet.filter(ImageFilter.GaussianBlur(2)), float) + light, 0, 255).astype(np.uint8)
    )
    content = io.BytesIO()
    photo.convert("RGB").save(content, "JPEG", quality=85)
    open_at(page, studio, "#place=use")
    page.wait_for_selector(".pad")
    page.evaluate(
        """(text) => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), carried = new DataTransfer();
          carried.items.add(new File([bytes], "seven.jpg", {type: "image/jpeg"}));
          document.querySelector(".use").dispatchEvent(new DragEvent("drop", {dataTransfer: carried, bubbles: true, cancelable: true}));
        }""",
        base64.b64encode(content.getvalue()).decode(),
    )
    page.wait_for_selector(".big:text-is('7')")
    assert page.locator(".stages canvas").count() >= 5


def test_on_paper_the_step_is_whole(page, studio) -> None:
    """Printed: no buttons, and nothing is cut off that scrolls on the screen."""
    open_at(page, studio, "#place=step&data=moons&net=5,4&step=12&weight=dense_1.kernel,2,3")
    page.wait_for_selector(".account-title")
    page.emulate_media(media="print")
    assert not page.locator(".top").is_visible()
    assert not page.locator("#next-phase").is_visible()
    assert (
        page.evaluate(
            "(() => { const el = document.querySelector('#arithmetic'); return el.scrollHeight - el.clientHeight; })()"
        )
        <= 1
    )
    assert page.locator(".equation").last.is_visible()


def test_a_page_that_was_closed_finds_its_place_again(page, studio) -> None:
    """Closed and opened at its address: the same session, step, weight and view, and what was learned meanwhile is still there."""
    open_at(page, studio, "#place=learn&data=gauss&net=3&seed=21")
    page.wait_for_selector("#figure-step")
    for _ in range(5):
        page.click("#one-step")
    page.wait_for_selector("#figure-step:text-is('5')")
    page.locator(".weight-target").nth(1).dispatch_event("click")
    page.wait_for_selector(".account-title")
    page.keyboard.press("g")
    page.wait_for_selector("[data-view=gradient][aria-pressed=true]")
    address, title = page.url, page.inner_text(".account-title")
    other = page.context.new_page()
    page.goto("about:blank")
    other.goto(address)
    other.wait_for_selector(f".account-title:text-is('{title}')")
    assert other.locator("[data-view=gradient][aria-pressed=true]").count() == 1
    other.click("[data-place=learn]")
    other.wait_for_selector("#figure-step:text-is('5')")
